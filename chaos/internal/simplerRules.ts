/**
 * Rules that say less than others, for shrinking: a storm as what it did, many faults as one that goes on,
 * rare faults as common ones. Pure: whether they still make an execution fail is for `shrinking` to see.
 *
 * @since 0.1.0
 */
import { canHappen, type Fault, type Place, type Rule, type Storm } from "../FaultPlan.js"
import type { Execution } from "../Scenario.js"

type Rules = ReadonlyArray<Rule | Storm>

/**
 * What storms did, as rules: each fault at the operation that it met, by its label, since the operations of one
 * label move less than all of them when something is left out. Rules without a storm stay as they are.
 */
export const asRules = (rules: Rules, { fired, operations }: Pick<Execution, "fired" | "operations">): Rules => {
  if (!rules.some((rule) => "storm" in rule)) return rules
  const attempts = new Map(operations.map(({ attempt, operation }) => [operation, attempt]))
  return fired.map(({ fault, label, operation, phase }): Rule => {
    const attempt = attempts.get(operation)
    const place: Place = attempt === undefined ? { operation } : { label, attempt }
    return { place, fault, phase, window: "once" }
  })
}

/** One fault that goes on until the end, in place of all that come behind it at operations of its label. */
export function* widerRules(rules: Rules): Generator<Rules> {
  for (const [index, rule] of rules.entries()) {
    if ("storm" in rule || rule.window !== "once" || !("attempt" in rule.place)) continue
    const { label } = rule.place
    const others = rules.filter((other, at) => at <= index || !isAt(other, label))
    if (others.length === rules.length) continue
    yield others.map((other) => (other === rule ? { ...rule, window: "untilHealed" } : other))
  }
}

const isAt = (rule: Rule | Storm, label: string | undefined): boolean =>
  "place" in rule && "label" in rule.place && rule.place.label === label

/** The same rules with one of them made simpler. */
export function* simplerRules(rules: Rules): Generator<Rules> {
  for (const [index, rule] of rules.entries()) {
    if ("storm" in rule) continue
    for (const simpler of simplerRule(rule)) yield rules.map((other, at) => (at === index ? simpler : other))
  }
}

/** From what every database does daily to what hardly any does; a fault shrinks to those before it. */
const simplest: ReadonlyArray<Fault> = ["busy", "ioError", "connectionLost", "hang"]

function* simplerRule(rule: Rule): Generator<Rule> {
  if (rule.window !== "once") yield { ...rule, window: "once" }
  if ("attempt" in rule.place && rule.place.attempt !== undefined) {
    const { attempt: _, ...place } = rule.place
    yield { ...rule, place }
  }
  const rank = simplest.indexOf(rule.fault)
  for (const fault of rank < 0 ? simplest : simplest.slice(0, rank)) {
    if (canHappen(fault, rule.phase)) yield { ...rule, fault }
  }
  if (rule.phase === "late") yield { ...rule, phase: "after" }
  if (rule.phase !== "before") yield { ...rule, phase: "before" }
}
