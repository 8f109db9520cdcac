import { type ChildProcessWithoutNullStreams, execFileSync, spawn, spawnSync } from "node:child_process"
import xterm from "@xterm/headless"
import { Effect } from "effect"
import { programFile } from "./program.js"

/** Whether a pseudo-terminal can be had: `script` of util-linux. */
export const hasTerminal =
  process.platform === "linux" && spawnSync("script", ["--version"]).stdout?.toString().includes("util-linux") === true

/** What a test can do to a program on a terminal, and see of it. */
export interface Session {
  /** The lines on the screen from the top, without empty ones at the end. */
  readonly screen: () => ReadonlyArray<string>
  readonly type: (keys: string) => void
  readonly resize: (columns: number) => void
}

/** The real program on its own terminal; `onScreen` sees each change of the screen. Returns the last one. */
export const onTerminal = (
  args: ReadonlyArray<string>,
  options: {
    readonly columns: number
    readonly env?: Readonly<Record<string, string>>
    readonly onScreen?: (session: Session) => void
  }
) =>
  Effect.async<{ readonly screen: ReadonlyArray<string>; readonly code: number | null }>((resume) => {
    const terminal = new xterm.Terminal({ cols: options.columns, rows: 24, allowProposedApi: true })
    const quoted = [process.execPath, programFile, ...args]
      .map((word) => `'${word.replaceAll("'", "'\\''")}'`)
      .join(" ")
    const child: ChildProcessWithoutNullStreams = spawn(
      "script",
      ["-qefc", `stty cols ${options.columns} rows 24; tty; exec ${quoted}`, "/dev/null"],
      { env: { PATH: process.env.PATH, TERM: "xterm", LANG: "C.UTF-8", ...options.env } }
    )
    let device: string | undefined
    const session: Session = {
      screen: () => {
        const { active } = terminal.buffer
        const lines = Array.from({ length: active.length }, (_, n) => active.getLine(n)?.translateToString(true) ?? "")
        // The first is the name of the terminal.
        return lines.slice(1, lines.findLastIndex((line) => line !== "") + 1)
      },
      type: (keys) => child.stdin.write(keys),
      resize: (columns) => {
        if (device !== undefined) execFileSync("stty", ["-F", device, "cols", String(columns)])
        terminal.resize(columns, 24)
      }
    }
    child.stdout.on("data", (data: Buffer) => {
      device ??= /\/dev\/pts\/\d+/.exec(data.toString())?.[0]
      terminal.write(data, () => options.onScreen?.(session))
    })
    child.on("close", (code) => {
      terminal.write("", () => resume(Effect.succeed({ screen: session.screen(), code })))
    })
    return Effect.sync(() => child.kill("SIGKILL"))
  })
