/** Times in the viewer's own zone, with UTC beside them. */
import { byId, el } from "./dom.js"

const two = (value: number): string => String(value).padStart(2, "0")
const day = (date: Date): string => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
const minute = (date: Date): string => `${two(date.getHours())}:${two(date.getMinutes())}`
const second = (date: Date): string => `${minute(date)}:${two(date.getSeconds())}`
const local = (millis: number): string => `${day(new Date(millis))} ${second(new Date(millis))}`
const utc = (millis: number): string => `${new Date(millis).toISOString().slice(0, 23).replace("T", " ")} UTC`

export const timeElement = (millis: number): HTMLTimeElement => {
  const element = el("time", "", local(millis))
  element.dateTime = new Date(millis).toISOString()
  element.title = utc(millis)
  return element
}

/** Turns every UTC time in the page into the viewer's zone. */
export const localize = (): void => {
  for (const element of document.querySelectorAll("time")) {
    const millis = Date.parse(element.dateTime)
    if (Number.isNaN(millis)) continue
    element.title = utc(millis)
    element.textContent = local(millis)
  }
  for (const element of document.querySelectorAll<SVGElement>("#plot [data-time]")) {
    const date = new Date(Number(element.dataset.time))
    const { form } = element.dataset
    element.textContent =
      form === "day" ? `${day(date).slice(5)} ${minute(date)}` : form === "second" ? second(date) : minute(date)
  }
  byId("zone").textContent = `Times are ${Intl.DateTimeFormat().resolvedOptions().timeZone}`
}
