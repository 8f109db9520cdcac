/**
 * A value that is made when it is first asked for: a program starts without what it never needs.
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
