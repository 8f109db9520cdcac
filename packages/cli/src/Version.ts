/**
 * The version of the command.
 *
 * @since 0.1.0
 */
// biome-ignore lint/correctness/useImportExtensions: JSON has no other.
import { engines, version as ofPackage } from "../package.json"

/**
 * The version that `frameio --version` tells: the package's.
 *
 * @since 0.1.0
 * @category constants
 */
export const version: string = ofPackage

/**
 * The versions of Node that it runs on, such as `>=20.19`.
 *
 * @since 0.1.0
 * @category constants
 */
export const node: string = engines.node
