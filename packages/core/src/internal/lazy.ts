/**
 * A value made on first use: a program starts without what it never needs.
 *
 * @internal
 */
export const lazy = <A>(make: () => A): (() => A) => {
  let made: { readonly value: A } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
