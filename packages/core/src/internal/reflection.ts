import type * as Context from "effect/Context"

/**
 * One declared endpoint.
 *
 * @internal
 */
export interface Reflected {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly annotations: Context.Context<never>
}

interface Template<E> {
  readonly endpoint: E
  /** The path's segments; `undefined` stands for a parameter. */
  readonly segments: ReadonlyArray<string | undefined>
}

/**
 * The endpoints of a declaration by name and by request.
 *
 * @internal
 */
export interface Reflection<E> {
  readonly byName: ReadonlyMap<string, E>
  /** The path below the base URL: without host, prefix and query. */
  readonly pathOf: (url: string) => string
  readonly find: (request: { readonly method: string; readonly url: string }) => E | undefined
}

const parameters = (template: Template<unknown>): number =>
  template.segments.filter((segment) => segment === undefined).length

const matches = (template: Template<unknown>, segments: ReadonlyArray<string>): boolean =>
  template.segments.every((segment, index) => segment === undefined || segment === segments[index])

/**
 * Indexes declared endpoints, whose paths all begin with `root`.
 *
 * @internal
 */
export const reflect = <Endpoint>(
  declared: ReadonlyArray<Reflected>,
  root: string,
  declare: (reflected: Reflected) => Endpoint
): Reflection<Endpoint> => {
  const byName = new Map<string, Endpoint>()
  const byShape = new Map<string, Array<Template<Endpoint>>>()
  for (const one of declared) {
    const endpoint = declare(one)
    byName.set(one.name, endpoint)
    const segments = one.path.slice(1).split("/")
    const shape = `${one.method} ${segments.length}`
    const templates = byShape.get(shape) ?? []
    templates.push({ endpoint, segments: segments.map((part) => (part.startsWith(":") ? undefined : part)) })
    // A literal segment wins over a parameter, as in any router.
    templates.sort((a, b) => parameters(a) - parameters(b))
    byShape.set(shape, templates)
  }
  const pathOf = (url: string): string => {
    const query = url.search(/[?#]/)
    const path = query === -1 ? url : url.slice(0, query)
    const start = path.lastIndexOf(root)
    return start === -1 ? path : path.slice(start)
  }
  return {
    byName,
    pathOf,
    find: ({ method, url }) => {
      const segments = pathOf(url).slice(1).split("/")
      return byShape.get(`${method} ${segments.length}`)?.find((template) => matches(template, segments))?.endpoint
    }
  }
}
