import { Type, type TOptional, type TUnknown } from "@sinclair/typebox";

/**
 * Parameters that published clients send to every gateway and that mean nothing to this one. They are taken,
 * whatever they hold: a client must not fail for a feature that it does not miss.
 */
export function noEffect<const Name extends string>(...names: Name[]): Record<Name, TOptional<TUnknown>> {
  const ignored = Type.Optional(Type.Unknown({ description: "no effect here" }));
  const fields = names.map((name): [string, TOptional<TUnknown>] => [name, ignored]);
  return Object.fromEntries(fields) as Record<Name, TOptional<TUnknown>>;
}
