/**
 * When a job must stop because the next link would fail like the last. Pure.
 */
import * as FrameioError from "@effect-frameio/core/FrameioError"
import type { BatchEvent } from "../../BatchEvent.js"
import { kindOf, type LinkError, reasonOf, statusOf, tagOf } from "../../LinkError.js"

/** After so many links fail alike before any is in place, the next one will fail too. */
const ALIKE = 10

/** Whether a failure is about its own asset, however many fail alike: the asset is gone, or elsewhere. */
const isOfItsOwn = (error: LinkError): boolean => statusOf(error) === 404 || !FrameioError.isFrameioError(error)

/**
 * Sees each event, and answers why the job must stop, if it must.
 *
 * @internal
 */
export const make = (
  stopAfter: number,
  /** How many links are in place already. */
  before: number
): ((event: BatchEvent) => string | undefined) => {
  let isAnyInPlace = before > 0
  let inARow = 0
  let alike = 0
  let last: string | undefined
  return (event) => {
    if (event._tag === "Confirmed" || event._tag === "Undone") {
      isAnyInPlace = true
      inARow = 0
      return undefined
    }
    if (event._tag !== "Failed") return undefined
    const { error } = event
    const kind = kindOf(error)
    if (kind === "account") return error.message
    inARow = kind === "moment" ? inARow + 1 : 0
    if (inARow >= stopAfter) {
      return `${inARow} versions in a row failed for reasons unrelated to the assets. ${error.message}`
    }
    const what = `${tagOf(error)} ${statusOf(error)}`
    alike = what === last ? alike + 1 : 1
    last = what
    return kind === "asset" && !isAnyInPlace && !isOfItsOwn(error) && alike >= Math.min(ALIKE, stopAfter)
      ? `The first ${alike} versions all failed alike, and none is in place. ${reasonOf(error)}`
      : undefined
  }
}
