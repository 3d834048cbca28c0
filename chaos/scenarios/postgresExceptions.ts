/**
 * The scenarios that are not executed on Postgres, each with its reason.
 *
 * @since 0.1.0
 */

/** It does not hold there, and is not to. */
export const meaningless: { readonly [scenario: string]: string } = {
  hostTransactionSameFile: "a transaction of the host's locks no other rows on a server, so the start goes through"
}

/** It never asks a database. */
export const without: { readonly [scenario: string]: string } = {
  pipedLog: "its host is a process of its own, on the store in memory"
}

/** It holds there, and takes too long for a test: a command executes it. */
export const large: { readonly [scenario: string]: string } = {
  tenThousand: "ten thousand runs at once are seconds of work for a server"
}
