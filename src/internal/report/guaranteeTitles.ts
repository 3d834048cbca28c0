/**
 * The names of the guarantees, as the README and the design have them.
 *
 * @since 0.1.0
 */
import type { Guarantee } from "../../RunHistory.js"

export const guaranteeTitles: Readonly<Record<Guarantee, string>> = {
  G1: "Fidelity",
  G2: "Cancel precedence",
  G3: "Terminal is final",
  G4: "Truthful signal",
  G5: "Liveness",
  G6: "Nothing lost at exit",
  G7: "Atomic start",
  G8: "Single active",
  G9: "Host loss",
  G10: "Four different answers",
  G11: "The log is evidence",
  G12: "Interruptions told apart"
}
