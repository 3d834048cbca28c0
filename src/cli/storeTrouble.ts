/**
 * What a failure of a database means for whoever typed the command: the failure as it is, and what to do
 * about it where its code says enough.
 *
 * @since 0.1.0
 */
import type { StoreFailure } from "../RunError.js"

export const troubleText = (failure: StoreFailure): string => {
  const todo = todoOf(failure.code)
  return todo === undefined ? failure.message : `${failure.message}. ${todo}`
}

const todoOf = (code: string | undefined): string | undefined => {
  switch (code) {
    case "ECONNREFUSED":
    case "ECONNRESET":
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "ETIMEDOUT":
      return "Check that the server is up, and the host and the port in the URL."
    case "28P01":
    case "28000":
      return "Check the user and the password: in the URL, or in PGUSER and PGPASSWORD."
    case "3D000":
      return "Check the name of the database in the URL."
    case "42501":
      return "Reading takes USAGE on the schema and SELECT on its three tables; cancel takes UPDATE on the runs as well (docs/postgres.md)."
    case "SQLITE_NOTADB":
      return "Name the SQLite file that the host writes; if it is that one, holdfast doctor says what to do."
    case "SQLITE_CORRUPT":
      return "The file is damaged: holdfast doctor says what to do."
    case "53300":
    case "57P03":
      return "Try again in a moment."
    default:
      return undefined
  }
}
