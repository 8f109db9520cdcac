// Of what is done for each piece, Effect would be the largest part.
// @effect-diagnostics asyncFunction:off
/** The bytes of a part on their way from the source to the client. */
import type { AssetId } from "@effect-frameio/core/Asset"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { constVoid } from "effect/Function"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type * as Upload from "../Upload.js"
import { SourceMismatch } from "../UploadError.js"
import type { Part } from "./partPlan.js"

/**
 * Holds a source to the length of its part: the piece that completes it is held back until it is certain that there is no
 * more, so that a storage never has a part complete that is not what it should be.
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
    /** Takes a piece, and gives it back unless it completes the part. */
    next: (bytes: Uint8Array): Uint8Array | SourceMismatch | undefined => {
      if (bytes.length === 0) return undefined
      seen += bytes.length
      if (seen > length) return mismatch("longer", length)
      if (seen < length) return bytes
      held = bytes
      return undefined
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

/** The bytes whose progress is told at once, on a slow way. */
const PIECE = 1024 * 1024

/** The bytes of one read: each wakes a thread, and two of them are in memory for each part that is under way. */
const READ = 4 * PIECE

/** A piece that goes within this time is small for its way, and the next is twice as large. */
const QUICK_MILLIS = 100

const spare = new WeakMap<object, Array<Uint8Array>>()

/**
 * Buffers for an attempt. They stay with the client for the parts that come: a new one costs more than to fill it.
 *
 * @internal
 */
export const buffersOf = (client: object) => {
  const free = spare.get(client) ?? []
  spare.set(client, free)
  const lent: Array<Uint8Array> = []
  return {
    lend: (): Uint8Array => {
      const buffer = free.pop() ?? new Uint8Array(READ)
      lent.push(buffer)
      return buffer
    },
    /** Only when nothing reads into them or sends out of them any more. */
    giveBack: (): void => {
      free.push(...lent.splice(0))
    }
  }
}

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
 * The handles of one upload: a part takes over that of one that is done, because to open a file costs as much as to read
 * a piece of it.
 *
 * @internal
 */
export const handlesOf = <E>({ onError, open }: Upload.DirectSource<E>) => {
  const idle: Array<Upload.ReadHandle> = []
  let over = false
  const lend = async (): Promise<Upload.ReadHandle> => {
    const handle = idle.pop() ?? (await open())
    return {
      read: (buffer, offset, length, position) => handle.read(buffer, offset, length, position),
      close: async () => {
        if (over) await handle.close()
        else idle.push(handle)
      }
    }
  }
  return {
    direct: { open: lend, onError } satisfies Upload.DirectSource<E>,
    /** Closes those that no part has, and each other when its part gives it back. */
    close: Effect.suspend(() => {
      over = true
      return idle.length === 0
        ? Effect.void
        : Effect.promise(() => Promise.allSettled(idle.splice(0).map((handle) => handle.close())))
    })
  }
}

/**
 * How many bytes one read gives from an offset on, up to `most`.
 *
 * @internal
 */
export const countFrom = <E>(
  { onError, open }: Upload.DirectSource<E>,
  offset: number,
  most: number
): Effect.Effect<number, E> =>
  Effect.uninterruptible(
    Effect.tryPromise({
      try: async () => {
        const handle = await open()
        try {
          return (await handle.read(new Uint8Array(most), 0, most, offset)).bytesRead
        } finally {
          await handle.close()
        }
      },
      catch: onError
    })
  )

/**
 * A file for a client with a short way, in two buffers that take turns, one read while the other is sent: what Effect
 * would do at each piece costs as much as to send it, and so does new memory for each. The client asks for a piece when the
 * one before is sent, so the buffer is free whose turn it is.
 *
 * @internal
 */
export const ofFileDirectly = <E, R>(
  { onError, open }: Upload.DirectSource<E>,
  from: number,
  length: number,
  reading: Reading<E, R>,
  lend: () => Uint8Array,
  /** By a monotonic clock, in ms. */
  now: () => number,
  run: (effect: Effect.Effect<unknown, E | SourceMismatch, R>) => Promise<void> | undefined
): {
  readonly bytes: AsyncIterable<Uint8Array>
  /** Ends the reading and closes the file; nothing to wait for where that is done. */
  readonly close: () => Promise<void> | undefined
} => {
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
  let closed = false
  const bytes = (async function* () {
    const handle = await step(open())
    let [buffer, other] = [lend(), lend()]
    const read = (at: number): Promise<Uint8Array> => fill(handle, buffer.subarray(0, length - at), from + at)
    let next = read(0)
    let size = PIECE
    try {
      let at = 0
      let ended = false
      while (!ended) {
        const bytes = await step(next)
        // Less than was asked for is all there is.
        ended = bytes.length < READ || at + READ >= length
        at += bytes.length
        if (!ended) {
          ;[buffer, other] = [other, buffer]
          next = read(at)
          // Its fault is told when its turn comes.
          next.catch(constVoid)
        }
        for (let sent = 0; sent < bytes.length; ) {
          const some = bytes.subarray(sent, sent + size)
          sent += some.length
          const piece = checked(pieces.next(some))
          if (piece === undefined) continue
          const since = now()
          const taken = run(take(piece))
          if (taken !== undefined) await taken
          yield piece
          size = now() - since < QUICK_MILLIS ? Math.min(2 * size, READ) : PIECE
        }
      }
      const last = checked(pieces.last())
      await run(Effect.tapErrorCause(intact, noting(reading)))
      if (last === undefined) return
      await run(take(last))
      yield last
    } finally {
      await next.catch(constVoid)
      await handle.close()
      closed = true
    }
  })()
  return { bytes, close: () => (closed ? undefined : bytes.return().then(constVoid, constVoid)) }
}
