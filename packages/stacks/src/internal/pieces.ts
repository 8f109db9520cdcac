// Of what is done for each piece, Effect would be the largest part.
// @effect-diagnostics asyncFunction:off
/** The bytes of a part on their way from the source to the client. */
import type { AssetId } from "@effect-frameio/core/Asset"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type * as Upload from "../Upload.js"
import { SourceMismatch } from "../UploadError.js"
import type { Part } from "./partPlan.js"

/**
 * Holds a source to the length of its part: the last piece is held back until it is certain that there is no more, so
 * that a storage never has a part complete that is not what it should be.
 *
 * @internal
 */
export const exactly = (
  { assetId, filesize }: { readonly assetId: AssetId; readonly filesize: (part: Part) => number },
  part: Part
) => {
  const { length, offset } = part
  let seen = 0
  let held: Uint8Array | undefined
  const mismatch = (source: "shorter" | "longer", at: number) =>
    new SourceMismatch({ filesize: filesize(part), source, offset: offset + at, assetId })
  return {
    /** How many bytes were read. */
    seen: () => seen,
    /** Takes a piece, and gives the one before it. */
    next: (bytes: Uint8Array): Uint8Array | SourceMismatch | undefined => {
      if (bytes.length === 0) return undefined
      seen += bytes.length
      if (seen > length) return mismatch("longer", length)
      const before = held
      held = bytes
      return before
    },
    /** The last piece. */
    last: (): Uint8Array | SourceMismatch | undefined => (seen < length ? mismatch("shorter", seen) : held)
  }
}

/**
 * What an attempt does with the bytes of its source.
 *
 * @internal
 */
export interface Reading<E, R> {
  readonly pieces: ReturnType<typeof exactly>
  readonly intact: Effect.Effect<void, E | SourceMismatch, R>
  /** A piece is about to be sent. */
  readonly take: (bytes: Uint8Array) => Effect.Effect<void>
  readonly failed: Deferred.Deferred<never, E | SourceMismatch>
}

const orMismatch = <A>(piece: A | SourceMismatch): Effect.Effect<A, SourceMismatch> =>
  piece instanceof SourceMismatch ? Effect.fail(piece) : Effect.succeed(piece)

const noting =
  <E, R>({ failed }: Reading<E, R>) =>
  (cause: Cause.Cause<E | SourceMismatch>): Effect.Effect<unknown> =>
    Cause.isInterruptedOnly(cause) ? Effect.void : Deferred.failCause(failed, cause)

/**
 * The bytes for any client.
 *
 * @internal
 */
export const streamed = <E, R>(
  source: Stream.Stream<Uint8Array, E, R>,
  reading: Reading<E, R>
): Stream.Stream<Uint8Array, E | SourceMismatch, R> => {
  const { intact, pieces, take } = reading
  return Stream.concat(
    Stream.mapEffect(source, (bytes) => orMismatch(pieces.next(bytes))),
    Stream.fromEffect(
      Effect.zipLeft(
        Effect.suspend(() => orMismatch(pieces.last())),
        intact
      )
    )
  ).pipe(Stream.filter(Predicate.isNotUndefined), Stream.tap(take), Stream.tapErrorCause(noting(reading)))
}

/** Pieces of a file: each has its price, and two of them are in memory for each part that is under way. */
const PIECE = 1024 * 1024

const fill = async (handle: Upload.ReadHandle, buffer: Uint8Array, at: number): Promise<Uint8Array> => {
  let filled = 0
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, at + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}

/**
 * A file for any client.
 *
 * @internal
 */
export const ofFile =
  <E>({ onError, open }: Upload.DirectSource<E>): Upload.Source<E> =>
  (offset, length) =>
    Effect.acquireRelease(Effect.tryPromise({ try: () => open(), catch: onError }), (handle) =>
      Effect.promise(() => handle.close())
    ).pipe(
      Effect.map((handle) =>
        Stream.unfoldEffect(0, (read) =>
          Effect.map(
            Effect.tryPromise({
              try: () => fill(handle, new Uint8Array(Math.min(PIECE, length - read)), offset + read),
              catch: onError
            }),
            (bytes) => (bytes.length === 0 ? Option.none() : Option.some([bytes, read + bytes.length]))
          )
        )
      ),
      Stream.unwrapScoped
    )

/**
 * A file for a client with a short way, in two buffers that take turns: what Effect would do at each piece costs as much as
 * to send it, and so does new memory for each. The client asks for a piece when the one before is sent, and the last is
 * held back, so that the buffer is free whose turn it is.
 *
 * @internal
 */
export const ofFileDirectly = <E, R>(
  { onError, open }: Upload.DirectSource<E>,
  from: number,
  length: number,
  reading: Reading<E, R>,
  run: (effect: Effect.Effect<unknown, E | SourceMismatch, R>) => Promise<void> | undefined
): AsyncGenerator<Uint8Array, void, undefined> => {
  const { failed, intact, pieces, take } = reading
  const fail = <Failure>(failure: Failure, error: E | SourceMismatch): Failure => {
    Deferred.unsafeDone(failed, Effect.fail(error))
    return failure
  }
  const step = <A>(promise: Promise<A>): Promise<A> =>
    promise.catch((cause: unknown) => {
      throw fail(cause, onError(cause))
    })
  const checked = <A>(piece: A | SourceMismatch): A => {
    if (piece instanceof SourceMismatch) throw fail(piece, piece)
    return piece
  }
  return (async function* () {
    const handle = await step(open())
    try {
      let [buffer, other] = [new Uint8Array(Math.min(PIECE, length)), new Uint8Array(Math.min(PIECE, length))]
      for (let at = 0; at < length; ) {
        const bytes = await step(fill(handle, buffer.subarray(0, length - at), from + at))
        if (bytes.length === 0) break
        at += bytes.length
        ;[buffer, other] = [other, buffer]
        const piece = checked(pieces.next(bytes))
        if (piece === undefined) continue
        await run(take(piece))
        yield piece
      }
      const last = checked(pieces.last())
      await run(Effect.tapErrorCause(intact, noting(reading)))
      if (last === undefined) return
      await run(take(last))
      yield last
    } finally {
      await handle.close()
    }
  })()
}
