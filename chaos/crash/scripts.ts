/**
 * The scripts that the crash explorer goes over.
 *
 * @since 0.1.0
 */
import type { ScriptName } from "./lifeInput.js"
import { ordinary } from "./ordinaryScript.js"
import { outage } from "./outageScript.js"
import type { Script } from "./script.js"

export const scripts: Readonly<Record<ScriptName, Script>> = { ordinary, outage }
