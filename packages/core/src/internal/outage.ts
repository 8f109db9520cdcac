import * as Transport from "@effect-frameio/ratelimit/Transport"
import type * as FrameioError from "../FrameioError.js"
import { isGateway } from "./status.js"

/**
 * Whether a failed call means that nothing gets through, so that it may be sent again later: it never left, or a read had
 * no answer of Frame.io's.
 *
 * @internal
 */
export const isOutage =
  (reads: boolean) =>
  (error: FrameioError.FrameioError): boolean => {
    switch (error._tag) {
      case "FrameioTransportError":
        return error.reason === "NotSent" ? !Transport.isHopeless(error) : reads && error.reason === "AnswerLost"
      case "FrameioRequestTimeout":
        return reads
      case "FrameioServerError":
        return reads && isGateway(error.status)
      default:
        return false
    }
  }
