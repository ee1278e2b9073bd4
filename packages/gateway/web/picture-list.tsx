import { useEffect, useRef, useState } from "react";
import { sizeWords } from "./attaching.ts";
import { type Row } from "./live-rows.ts";
import { PassingButton } from "./passing-button.tsx";
import { PictureView } from "./picture-view.tsx";
import { type Picture } from "./wire.ts";

/** Where the data of images comes from. */
export interface PictureSource {
  /** What is at hand of a row, without asking anybody. */
  readonly peek: (row: Row) => readonly Picture[] | undefined;
  /** Asks the gateway. Rejects when it cannot be asked. */
  readonly load: (rowId: string, entryId: string, signal: AbortSignal) => Promise<readonly Picture[]>;
}

interface PictureListProps {
  readonly row: Row;
  readonly source: PictureSource;
  readonly isOnline: boolean;
}

/** How far beyond the edge of what is seen images are got, so that they are there when they come into sight. */
const AHEAD_PX = 600;

/** The images of one message. Their data is on the page only while they are in sight or nearly so. */
export function PictureList({ row, source, isOnline }: PictureListProps) {
  const { id, entryId } = row;
  const list = useRef<HTMLUListElement>(null);
  const isNear = useNearness(list);
  const [loaded, setLoaded] = useState<readonly Picture[]>();
  const [hasFailed, setFailed] = useState(false);
  const [asked, setAsked] = useState(0);
  const [viewed, setViewed] = useState<{ readonly address: string; readonly name: string }>();
  const atHand = isNear ? (source.peek(row) ?? loaded) : undefined;
  const isMissing = isNear && atHand === undefined && entryId !== undefined;

  useEffect(() => {
    if (!isNear) setLoaded(undefined);
  }, [isNear]);

  useEffect(() => {
    if (!isMissing || !isOnline) return;
    const away = new AbortController();
    setFailed(false);
    source.load(id, entryId, away.signal).then(
      (pictures) => !away.signal.aborted && setLoaded(pictures),
      () => !away.signal.aborted && setFailed(true),
    );
    return () => away.abort();
    // `source` is made anew at every drawing and is the same one.
  }, [isMissing, isOnline, id, entryId, asked]);

  return (
    <>
      <ul className="pictures" ref={list} aria-label="Images">
        {row.pictures.map((picture, index) => {
          const address = atHand?.[index]?.address;
          const name = row.pictures.length === 1 ? "Image" : `Image ${index + 1}`;
          return (
            <li key={index} className="picture">
              {address === undefined ? (
                <p className="picture-size">
                  {name}, {sizeWords(picture.bytes)}
                </p>
              ) : (
                <button
                  type="button"
                  aria-label={`${name}, show it in full`}
                  onClick={() => setViewed({ address, name })}
                >
                  <img src={address} alt={name} />
                </button>
              )}
            </li>
          );
        })}
      </ul>
      {isMissing && hasFailed && (
        <div className="message-foot is-problem">
          <p>The {row.pictures.length === 1 ? "image" : "images"} could not be loaded.</p>
          <PassingButton className="quiet-button" next="messages" onClick={() => setAsked(asked + 1)}>
            Load again
          </PassingButton>
        </div>
      )}
      {viewed !== undefined && <PictureView {...viewed} onClose={() => setViewed(undefined)} />}
    </>
  );
}

/** Whether an element is in sight of the conversation, or nearly so. */
function useNearness(element: { readonly current: HTMLElement | null }): boolean {
  const [isNear, setNear] = useState(false);
  useEffect(() => {
    if (element.current === null) return;
    const root = element.current.closest(".scroller");
    const watch = ([last]: readonly IntersectionObserverEntry[]) => setNear(last?.isIntersecting === true);
    const observer = new IntersectionObserver((seen) => watch(seen.slice(-1)), {
      root,
      rootMargin: `${AHEAD_PX}px 0px`,
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return isNear;
}
