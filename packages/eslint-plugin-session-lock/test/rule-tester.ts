import * as parser from "@typescript-eslint/parser";
import { RuleTester } from "eslint";
import { afterAll, describe, it } from "vitest";

RuleTester.describe = describe;
RuleTester.it = it;
RuleTester.itOnly = it.only;
Object.assign(RuleTester, { afterAll });

/** ESLint's own tester on plain JavaScript. */
export const javascript = new RuleTester({
  languageOptions: { ecmaVersion: "latest", sourceType: "module" },
});

/** The same on TypeScript. */
export const typescript = new RuleTester({ languageOptions: { parser } });
