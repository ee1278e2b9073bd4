import { memo, type ReactNode } from "react";
import { readBlocks, readSpans, type Block, type Span } from "./markdown.ts";

/**
 * What a model wrote, laid out. Made of elements, never of HTML: whatever the text says, it cannot become more than this.
 * Remembered, since each piece of an answer draws the whole conversation anew.
 */
export const MarkdownText = memo(function MarkdownText({ text }: { readonly text: string }) {
  return readBlocks(text).map((block, index) => <BlockView key={index} block={block} />);
});

function BlockView({ block }: { readonly block: Block }): ReactNode {
  switch (block.kind) {
    case "paragraph":
      return (
        <p>
          <Spans text={block.text} />
        </p>
      );
    case "heading":
      // The page has its own headings; those of a message stay below them.
      return (
        <p className={`heading is-level-${block.level}`} role="heading" aria-level={block.level + 2}>
          <Spans text={block.text} />
        </p>
      );
    case "quote":
      return (
        <blockquote>
          <Spans text={block.text} />
        </blockquote>
      );
    case "code":
      return (
        <pre tabIndex={0} aria-label={block.language === "" ? "Code" : `Code, ${block.language}`}>
          <code>{block.text}</code>
        </pre>
      );
    case "list": {
      const items = block.items.map((item, index) => (
        <li key={index}>
          <Spans text={item} />
        </li>
      ));
      return block.start === undefined ? <ul>{items}</ul> : <ol start={block.start}>{items}</ol>;
    }
  }
}

function Spans({ text }: { readonly text: string }) {
  return readSpans(text).map((span, index) => <SpanView key={index} span={span} />);
}

function SpanView({ span }: { readonly span: Span }): ReactNode {
  switch (span.kind) {
    case "plain":
      return span.text;
    case "code":
      return <code>{span.text}</code>;
    case "strong":
      return <strong>{span.text}</strong>;
    case "emphasis":
      return <em>{span.text}</em>;
    case "link":
      return (
        <a href={span.address} target="_blank" rel="noopener noreferrer">
          {span.text}
        </a>
      );
  }
}
