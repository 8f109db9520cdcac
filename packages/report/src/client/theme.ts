/** Bright, dark, or like the system. */
import { byId } from "./dom.js"

const THEMES = ["auto", "bright", "dark"]
const STORED = "effect-frameio report theme"

/** A page from a file may not be allowed to remember anything. */
const recalled = (): string | null => {
  try {
    return localStorage.getItem(STORED)
  } catch {
    return null
  }
}

const remember = (theme: string): void => {
  try {
    localStorage.setItem(STORED, theme)
  } catch {}
}

export const start = (): void => {
  const choice = byId("theme")
  let at = Math.max(THEMES.indexOf(recalled() ?? ""), 0)
  const show = () => {
    const theme = THEMES[at] ?? "auto"
    document.documentElement.dataset.theme = theme
    choice.textContent = `Colours: ${theme}`
    remember(theme)
  }
  choice.addEventListener("click", () => {
    at = (at + 1) % THEMES.length
    show()
  })
  choice.hidden = false
  show()
}
