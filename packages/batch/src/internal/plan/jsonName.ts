/**
 * The columns of a file under the names that JSON has here: `assetId` for `asset_id`. Pure.
 */

/** @internal */
export type JsonName<Column extends string> = Column extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<JsonName<Tail>>}`
  : Column

/** @internal */
export const jsonName = (column: string): string =>
  column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** @internal */
export const toJson = <Row extends Readonly<Record<string, string>>>(
  row: Row
): { readonly [Column in Extract<keyof Row, string> as JsonName<Column>]: string } =>
  // The names are those of the type, letter by letter.
  Object.fromEntries(Object.entries(row).map(([column, value]) => [jsonName(column), value])) as {
    readonly [Column in Extract<keyof Row, string> as JsonName<Column>]: string
  }
