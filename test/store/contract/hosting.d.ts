import type * as RunStoreModule from "../../../src/RunStore.js"
import { type StoreTest } from "./fixtures.js"
export declare const registration: (over?: Partial<RunStoreModule.HostRegistration>) => RunStoreModule.HostRegistration
export declare const hostingContract: (test: StoreTest) => void
//# sourceMappingURL=hosting.d.ts.map
