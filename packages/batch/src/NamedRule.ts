/**
 * The named rules as people see them. They are pure, and apart from the rules themselves so that help and completions
 * load no pattern engine.
 *
 * @since 0.1.0
 */

/**
 * The names of the named rules.
 *
 * @since 0.1.0
 * @category models
 */
export type Name = "vfx" | "vfx-parts" | "netflix" | "take" | "date" | "date-ymd" | "date-dmy" | "date-mdy"

/**
 * A named rule as people see it.
 *
 * @since 0.1.0
 * @category models
 */
export interface NamedRule {
  readonly name: Name
  /** The rule's description, in a sentence. */
  readonly description: string
  /** Names that fit, and how they are read. */
  readonly examples: ReadonlyArray<{ readonly name: string; readonly base: string; readonly version: string }>
  /** Names that do not fit, or that can be read in two ways. */
  readonly not: ReadonlyArray<string>
}

/**
 * The named rules.
 *
 * `netflix` follows Netflix's VFX shot and version naming recommendations (https://partnerhelp.netflixstudios.com),
 * whose optional fields make the number of fields vary within one show.
 *
 * @example
 * ```ts
 * for (const { description, name } of NamedRule.all) yield* Console.log(`${name}: ${description}`)
 * ```
 *
 * @since 0.1.0
 * @category constants
 */
export const all: ReadonlyArray<NamedRule> = [
  {
    name: "vfx",
    description:
      "_v or .v and one to four digits at the end, before a frame counter if there is one. v1, v002 and V03 are one series.",
    examples: [
      { name: "ABC_010_comp_v003.mov", base: "ABC_010_comp", version: "v003" },
      { name: "ABC_010.v2.mov", base: "ABC_010", version: "v2" },
      { name: "ABC_010_comp_v0012.1001.exr", base: "ABC_010_comp.1001", version: "v0012" },
      { name: "uc241217_020_1920x1080_v01.mov", base: "uc241217_020_1920x1080", version: "v01" }
    ],
    not: ["ABC_010_v1080.mov", "ABC_010_1920x1080.mov", "ABC_010_v01_02.mov", "ABC_010_v003_final.mov", "dev2.mov"]
  },
  {
    name: "vfx-parts",
    description:
      "As vfx, and the number may have several parts: v2.1, v02_1, v1.2.3, v1a. v2 comes before v2.1, and that before v2.10 and v3.",
    examples: [
      { name: "ABC_010_comp_v2.1.mov", base: "ABC_010_comp", version: "v2.1" },
      { name: "ABC_010_comp_v02_10.mov", base: "ABC_010_comp", version: "v02_10" },
      { name: "ABC_010_comp_v3a.mov", base: "ABC_010_comp", version: "v3a" }
    ],
    not: ["ABC_010_comp_v02 2.mov", "ABC_010_comp_v003_final.mov"]
  },
  {
    name: "netflix",
    description:
      "show_episode_sequence_scene_shot_task_vendor_v001: three to eight fields of letters, digits and hyphens, then _v and three or four digits.",
    examples: [
      { name: "AGM_104_065_010_comp_NFX_v001.mov", base: "AGM_104_065_010_comp_NFX", version: "v001" },
      { name: "AGM_010_comp_v012.1001.exr", base: "AGM_010_comp.1001", version: "v012" }
    ],
    not: ["AGM_v001.mov", "AGM_104_065_010_comp_NFX_v1.mov", "AGM 104_065_010_v001.mov"]
  },
  {
    name: "take",
    description: "tk or take and one to four digits at the end: _tk03, _take2, take 12.",
    examples: [
      { name: "Sc12_tk03.mov", base: "Sc12", version: "tk03" },
      { name: "Interview Anna take 2.mp4", base: "Interview Anna", version: "take 2" }
    ],
    not: ["mistake2.mov", "Sc12_tk03_02.mov"]
  },
  {
    name: "date",
    description:
      "A date as the last field, year first: 20241217, 2024-12-17, 2024_12_17, 2024.12.17 or 241217. A series whose digits can be something else is left out: days of another order, times, frames.",
    examples: [
      { name: "Trailer_20241217.mov", base: "Trailer", version: "20241217" },
      { name: "Trailer 2024-12-18.mov", base: "Trailer", version: "2024-12-18" },
      { name: "Trailer_241219.mov", base: "Trailer", version: "241219" }
    ],
    not: ["uc241217_020.mov", "Trailer_20241317.mov", "Trailer_17122024.mov", "VID_20241217_101112.mov"]
  },
  {
    name: "date-ymd",
    description:
      "As date, and you say that the year comes first: six digits are year, month and day, also beside eight.",
    examples: [{ name: "Trailer_241217.mov", base: "Trailer", version: "241217" }],
    not: ["Trailer_17122024.mov"]
  },
  {
    name: "date-dmy",
    description: "As date, with the day first: 17122024, 17-12-2024, 17.12.2024, 17.12.24 or 171224.",
    examples: [
      { name: "Trailer_171224.mov", base: "Trailer", version: "171224" },
      { name: "Trailer 17.12.2024.mov", base: "Trailer", version: "17.12.2024" }
    ],
    not: ["Trailer_20241217.mov", "Trailer_12312024.mov"]
  },
  {
    name: "date-mdy",
    description: "As date, with the month first: 12172024, 12-17-2024 or 121724.",
    examples: [{ name: "Trailer_121724.mov", base: "Trailer", version: "121724" }],
    not: ["Trailer_20241217.mov", "Trailer_31122024.mov"]
  }
]
