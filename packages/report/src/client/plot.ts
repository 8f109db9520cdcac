/** The plot's cursor: it reads out the row of the plot's table that it points at. */
import { byId, withRole } from "./dom.js"

const STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowDown: -1,
  ArrowRight: 1,
  ArrowUp: 1,
  PageDown: -10,
  PageUp: 10,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY
}

interface Moment {
  readonly x: string
  readonly width: string
  readonly middle: number
  readonly words: string
}

const readMoments = (): ReadonlyArray<Moment> => {
  const unit = document.querySelector("#samples th:nth-child(3)")?.textContent?.replace(/^Requests per |, mean$/g, "")
  return Array.from(document.querySelectorAll<HTMLTableRowElement>("#samples tbody tr"), (row) => {
    const [from, to = "", mean, highest, limit, sent, refused, waiting, free] = Array.from(
      row.cells,
      (cell) => cell.textContent ?? ""
    )
    const { x = "", width = "" } = row.dataset
    return {
      x,
      width,
      middle: Number.parseFloat(x) + Number.parseFloat(width) / 2,
      words: `${from} to ${to.slice(11)}: ${mean} requests per ${unit}${
        highest === mean ? "" : `, at most ${highest}`
      }, limit ${limit}; ${sent} sent, ${refused} refused, ${waiting} waiting, free at least ${free}`
    }
  })
}

/** By now, times must be in the viewer's zone. */
export const start = (): void => {
  const time = document.getElementById("time")
  if (time === null) return
  const moments = readMoments()
  const cursor = byId("cursor")
  const readout = byId("readout")
  let at = 0
  const point = (index: number) => {
    at = Math.min(Math.max(index, 0), moments.length - 1)
    const moment = moments[at]
    if (moment === undefined) return
    cursor.setAttribute("x", moment.x)
    cursor.setAttribute("width", moment.width)
    readout.textContent = moment.words
    time.setAttribute("aria-valuenow", String(at + 1))
    time.setAttribute("aria-valuetext", moment.words)
  }
  withRole(time, "slider")
  time.tabIndex = 0
  time.setAttribute("aria-label", "A moment of the job")
  time.setAttribute("aria-valuemin", "1")
  time.setAttribute("aria-valuemax", String(moments.length))
  time.addEventListener("keydown", (event) => {
    const step = STEPS[event.key]
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    point(at + step)
  })
  time.addEventListener("pointermove", (event) => {
    const box = time.getBoundingClientRect()
    const x = ((event.clientX - box.left) / box.width) * 100
    const far = ({ middle }: Moment) => Math.abs(middle - x)
    point(
      moments.reduce((nearest, moment, index) => (far(moment) < far(moments[nearest] ?? moment) ? index : nearest), 0)
    )
  })
  point(0)
}
