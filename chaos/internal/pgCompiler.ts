/**
 * The compiler of `@effect/sql-pg`, without transforms, for a client that chaos rebuilds. Written down
 * here, so that hosts on another database do not load pg with the chaos layers.
 *
 * @since 0.1.0
 */
import * as Statement from "@effect/sql/Statement"

const escape = Statement.defaultEscape('"')

export const makeCompilerPg = (): Statement.Compiler =>
  Statement.makeCompiler<Statement.Custom<"PgJson", unknown>>({
    dialect: "pg",
    placeholder: (position) => `$${position}`,
    onIdentifier: escape,
    onRecordUpdate: (placeholders, valueAlias, valueColumns, values, returning) => [
      `(values ${placeholders}) AS ${valueAlias}${valueColumns}${returning === undefined ? "" : ` RETURNING ${returning[0]}`}`,
      returning === undefined ? values.flat() : values.flat().concat(returning[1])
    ],
    // `PgClient.json` is the only one that there is.
    onCustom: (type, placeholder) => [placeholder(undefined), [type.i0]]
  })
