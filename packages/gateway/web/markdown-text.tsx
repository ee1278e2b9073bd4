import { memo, type ReactNode } from "react";
import Markdown, { type Components, type Options } from "react-markdown";
import remarkGfm from "remark-gfm";

/**
 * What a model wrote, laid out. Made of elements, never of HTML: whatever the text says, it cannot become more than this.
 * Remembered, since each piece of an answer draws the whole conversation anew.
 */
export const MarkdownText = memo(function MarkdownText({ text }: { readonly text: string }) {
  return (
    <Markdown
      remarkPlugins={remarkPlugins}
      rehypePlugins={rehypePlugins}
      components={components}
      urlTransform={webAddress}
    >
      {text}
    </Markdown>
  );
});

const remarkPlugins: Options["remarkPlugins"] = [remarkGfm];
const rehypePlugins: Options["rehypePlugins"] = [() => directBlocks];

/** What the reader of Markdown makes, as far as this page looks. */
interface Block {
  readonly tagName?: string;
  readonly properties?: Record<string, unknown>;
}

/** Each block goes the way its own letters go, Arabic and Hebrew from the right; code stays as code is. */
function directBlocks({ children }: { readonly children: readonly Block[] }): void {
  for (const { tagName, properties } of children) {
    if (properties !== undefined && tagName !== "pre") properties["dir"] = "auto";
  }
}

/** An address of the web; any other one (a script, a page of this gateway) is none, and what it stood on is only words. */
function webAddress(address: string): string | undefined {
  return /^https?:\/\//i.test(address) ? address : undefined;
}

const components: Components = {
  h1: heading(1),
  h2: heading(2),
  h3: heading(3),
  h4: heading(4),
  h5: heading(5),
  h6: heading(6),
  a: ({ href, children }) => <WebLink address={href}>{children}</WebLink>,
  // A picture of another host would tell that host who reads this.
  img: ({ src, alt }) => <WebLink address={src}>{alt}</WebLink>,
  pre: ({ children }) => <pre tabIndex={0}>{children}</pre>,
  table: ({ children, dir }) => (
    <div className="wide" tabIndex={0}>
      <table dir={dir}>{children}</table>
    </div>
  ),
};

/** The page has its own headings; those of a message stay below them. */
function heading(level: number): NonNullable<Components["h1"]> {
  return function MessageHeading({ children, dir }) {
    return (
      <p className={`heading is-level-${level}`} dir={dir} role="heading" aria-level={level + 2}>
        {children}
      </p>
    );
  };
}

function WebLink({ address, children }: { readonly address: unknown; readonly children: ReactNode }) {
  if (typeof address !== "string" || address === "") return children;
  return (
    <a href={address} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  );
}
