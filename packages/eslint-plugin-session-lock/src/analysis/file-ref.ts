/**
 * Which file an expression names, as far as the text says.
 *
 * - `path`: a variable and the properties read from it, `params.sessionFile`. It is `given` when it comes from outside
 *   (a parameter, `this`), so that two different ones are two files until the code says otherwise.
 * - `text`: a literal or template, as its fixed and its variable parts.
 * - `call`: what a call computes from files: equal calls give equal files.
 *
 * The last two may be `called` like a variable that they were given to; that does not make them another file.
 */
export type FileRef =
  | {
      readonly kind: "path";
      readonly root: string;
      readonly properties: readonly string[];
      readonly given: boolean;
    }
  | { readonly kind: "text"; readonly parts: readonly (string | FileRef)[]; readonly called?: string }
  | {
      readonly kind: "call";
      readonly callee: string;
      readonly inputs: readonly (FileRef | undefined)[];
      readonly called?: string;
    };

/** `unknown` is neither proof: the caller decides whom to believe. */
export type Sameness = "same" | "different" | "unknown";

export function fileKey(file: FileRef | undefined): string {
  if (file === undefined) return "?";
  switch (file.kind) {
    case "path":
      return [file.root, ...file.properties].join(".");
    case "text":
      return file.parts
        .map((part) => (typeof part === "string" ? JSON.stringify(part) : fileKey(part)))
        .join("+");
    case "call":
      return `${file.callee}(${file.inputs.map(fileKey).join(",")})`;
  }
}

export function propertyOf(file: FileRef | undefined, property: string): FileRef | undefined {
  return file?.kind === "path" ? { ...file, properties: [...file.properties, property] } : undefined;
}

/** A text as it is put together; neighbouring fixed parts are one, however they were written. */
export function joinText(parts: readonly (string | FileRef)[]): FileRef {
  const joined: (string | FileRef)[] = [];
  for (const part of parts.flatMap((one) =>
    typeof one !== "string" && one.kind === "text" ? one.parts : [one],
  )) {
    const last = joined.at(-1);
    if (typeof part === "string" && typeof last === "string") joined[joined.length - 1] = last + part;
    else if (part !== "") joined.push(part);
  }
  return { kind: "text", parts: joined };
}

/** A path that is put together is a session file's if it is given to what is called like one. */
export function callLike(file: FileRef, name: string, fileNames: readonly string[]): FileRef {
  return file.kind !== "path" && fileNames.includes(name) ? { ...file, called: name } : file;
}

export function compareFiles(left: FileRef | undefined, right: FileRef | undefined): Sameness {
  if (left === undefined || right === undefined) return "unknown";
  if (fileKey(left) === fileKey(right)) return "same";
  if (left.kind === "path" && right.kind === "path")
    return left.given && right.given ? "different" : "unknown";
  if (left.kind === "text" && right.kind === "text") return compareTexts(left.parts, right.parts);
  if (left.kind === "call" && right.kind === "call" && left.callee === right.callee) {
    return together(left.inputs.map((input, index) => compareFiles(input, right.inputs[index])));
  }
  return "unknown";
}

function compareTexts(left: readonly (string | FileRef)[], right: readonly (string | FileRef)[]): Sameness {
  const isFixed = [...left, ...right].every((part) => typeof part === "string");
  if (isFixed) return "different";
  if (left.length !== right.length) return "unknown";
  return together(
    left.map((part, index) => {
      const other = right[index];
      if (typeof part === "string" || typeof other === "string") return part === other ? "same" : "different";
      return compareFiles(part, other);
    }),
  );
}

function together(results: readonly Sameness[]): Sameness {
  if (results.includes("different")) return "different";
  return results.includes("unknown") ? "unknown" : "same";
}
