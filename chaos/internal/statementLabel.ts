/**
 * The name by which a plan knows a statement, and the runs that the statement carries. Holdfast's own
 * statements say their label in a leading comment; for any other it is read off the SQL, so that it
 * survives a change of columns or conditions. Both functions are total: chaos never breaks a statement
 * because it cannot read it.
 *
 * @since 0.1.0
 */

const own = /^\s*\/\*\s*holdfast:([\w-]+)\s*\*\//
const leading = /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/
const name = String.raw`((?:[\w$]+|"[^"]+"|\x60[^\x60]+\x60|\[[^\]]+\])(?:\.(?:[\w$]+|"[^"]+"|\x60[^\x60]+\x60|\[[^\]]+\]))*)`

const tableAfter: Readonly<Record<string, RegExp>> = {
  SELECT: new RegExp(String.raw`\bFROM\s+${name}`, "i"),
  INSERT: new RegExp(String.raw`\bINTO\s+${name}`, "i"),
  REPLACE: new RegExp(String.raw`\bINTO\s+${name}`, "i"),
  DELETE: new RegExp(String.raw`\bFROM\s+(?:ONLY\s+)?${name}`, "i"),
  UPDATE: new RegExp(String.raw`^UPDATE\s+(?:OR\s+\w+\s+|ONLY\s+)?${name}`, "i"),
  ALTER: new RegExp(String.raw`^ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?${name}`, "i"),
  DROP: new RegExp(String.raw`^DROP\s+\w+\s+(?:IF\s+EXISTS\s+)?${name}`, "i")
}

/**
 * `insert` for a statement that begins with a comment saying `holdfast:insert`; else BEGIN, COMMIT,
 * ROLLBACK, `ROLLBACK TO`, SAVEPOINT, RELEASE, PRAGMA or CREATE; else the first keyword and the table,
 * such as `INSERT documents`.
 */
export const labelOf = (sql: string): string => {
  const said = own.exec(sql)?.[1]
  if (said !== undefined) {
    return said
  }
  const text = sql.replace(leading, "")
  const keyword = /^[a-z]+/i.exec(text)?.[0].toUpperCase() ?? "?"
  switch (keyword) {
    case "START":
      return "BEGIN"
    case "END":
      return "COMMIT"
    case "ROLLBACK":
      return /^ROLLBACK\s+(?:TRANSACTION\s+|WORK\s+)?TO\b/i.test(text) ? "ROLLBACK TO" : "ROLLBACK"
    case "WITH": {
      const main = afterCommonTables(text)
      return main === undefined ? "WITH" : withTable(main)
    }
    default:
      return withTable(text)
  }
}

const withTable = (text: string): string => {
  const keyword = /^[a-z]+/i.exec(text)?.[0].toUpperCase() ?? "?"
  const table = tableAfter[keyword]?.exec(text)?.[1]
  if (table === undefined) {
    return keyword
  }
  const last = table.split(".").at(-1) ?? table
  return `${keyword} ${last.replace(/^["`[]|["`\]]$/g, "")}`
}

// The main statement of a WITH is the first verb outside every bracket and quotation.
const afterCommonTables = (text: string): string | undefined => {
  const tokens = /'(?:[^']|'')*'|"[^"]*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?\*\/|[()]|[a-z_][\w$]*/gi
  let depth = 0
  for (let token = tokens.exec(text); token !== null; token = tokens.exec(text)) {
    if (token[0] === "(") {
      depth += 1
    } else if (token[0] === ")") {
      depth -= 1
    } else if (depth === 0 && /^(?:SELECT|INSERT|UPDATE|DELETE|REPLACE)$/i.test(token[0])) {
      return text.slice(token.index)
    }
  }
  return undefined
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * The ids of the runs that a statement carries, in the order of their rows. They are looked for in JSON
 * parameters only, under `id`, `runId` or `run_id` (also one level down, under `run`), or as bare
 * strings: a host's id, which is a UUID too, stands under a name of its own or is no JSON. A read names
 * its one run as a plain parameter.
 */
export const runsOf = (label: string, params: ReadonlyArray<unknown>): ReadonlyArray<string> => {
  const ids = new Set<string>()
  for (const param of params) {
    if (typeof param !== "string") {
      continue
    }
    if (param.startsWith("[") || param.startsWith("{")) {
      gather(parse(param), ids)
    } else if ((label === "read" || label === "readBack") && uuid.test(param)) {
      ids.add(param)
    }
  }
  return [...ids]
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    // A host's own text that merely begins with a bracket: it carries no runs.
    return undefined
  }
}

const gather = (value: unknown, ids: Set<string>): void => {
  for (const element of Array.isArray(value) ? value : [value]) {
    const id = idOf(element)
    if (id !== undefined) {
      ids.add(id)
    }
  }
}

const idOf = (element: unknown): string | undefined => {
  if (typeof element === "string") {
    return uuid.test(element) ? element : undefined
  }
  if (typeof element !== "object" || element === null) {
    return undefined
  }
  const row = element as Readonly<Record<string, unknown>>
  for (const candidate of [row.id, row.runId, row.run_id]) {
    if (typeof candidate === "string" && uuid.test(candidate)) {
      return candidate
    }
  }
  return row.run === undefined || typeof row.run === "string" ? undefined : idOf(row.run)
}
