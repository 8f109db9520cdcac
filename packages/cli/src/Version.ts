/**
 * The version of the command.
 *
 * @since 0.1.0
 */
// biome-ignore lint/correctness/useImportExtensions: JSON has no other.
import { engines, version as ofPackage } from "../package.json"

/**
 * The version that `frameio --version` prints: the package's.
 *
 * @since 0.1.0
 * @category constants
 */
export const version: string = ofPackage

/**
 * The supported versions of Node, such as `>=20.19`.
 *
 * @since 0.1.0
 * @category constants
 */
export const node: string = engines.node
