/**
 * What lives are held against: all of it.
 *
 * @since 0.1.0
 */
import { Guarantee } from "../../src/RunHistory.js"

export const guarantees: ReadonlyArray<Guarantee> = Guarantee.literals
