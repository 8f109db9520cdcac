/**
 * The version of the command.
 *
 * @since 0.1.0
 */
// biome-ignore lint/correctness/useImportExtensions: JSON has no other.
import { version as ofPackage } from "../package.json"

/**
 * The version that `frameio --version` tells: the package's.
 *
 * @since 0.1.0
 * @category constants
 */
export const version: string = ofPackage
