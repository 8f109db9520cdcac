/**
 * The folders in which a user's programs keep their files.
 *
 * @since 0.1.0
 */
import * as Path from "@effect/platform/Path"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** On Linux and macOS, on Windows, and below the home folder. */
const PLACES = {
  cache: ["XDG_CACHE_HOME", "LOCALAPPDATA", ".cache"],
  config: ["XDG_CONFIG_HOME", "APPDATA", ".config"]
} as const

/**
 * This program's folder among the user's caches or settings; absent if the environment names none. It need not exist
 * yet.
 *
 * @since 0.1.0
 * @category constructors
 */
export const find = (kind: keyof typeof PLACES): Effect.Effect<Option.Option<string>, never, Path.Path> =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    const [xdg, windows, below] = PLACES[kind]
    const names = yield* Config.all({
      xdg: Config.option(Config.nonEmptyString(xdg)),
      windows: Config.option(Config.nonEmptyString(windows)),
      home: Config.option(Config.nonEmptyString("HOME"))
    })
    return names.xdg.pipe(
      Option.orElse(() => names.windows),
      Option.orElse(() => Option.map(names.home, (home) => path.join(home, below))),
      Option.map((folder) => path.join(folder, "effect-frameio"))
    )
  }).pipe(Effect.orElseSucceed(() => Option.none<string>()))
