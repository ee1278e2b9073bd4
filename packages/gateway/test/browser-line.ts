import type { Page, WebSocketRoute } from "playwright-core";

/** The line between a page and its gateway. */
export interface Line {
  /** Breaks it, and lets no new connection through. */
  cut(): void;
  mend(): void;
  /** Breaks it once, when the gateway says something after a request of this method: the answer never arrives. */
  cutBehind(method: string): void;
}

/** Puts a line that can be cut between a page and its gateway, from the next load of the page on. */
export async function layLine(page: Page): Promise<Line> {
  let isCut = false;
  let awaited: string | undefined;
  let ends: readonly WebSocketRoute[] = [];
  const breakIt = (): void => ends.forEach((end) => void end.close());

  await page.routeWebSocket("**", (socket) => {
    if (isCut) {
      void socket.close();
      return;
    }
    const gateway = socket.connectToServer();
    let isDoomed = false;
    ends = [socket, gateway];
    socket.onMessage((data) => {
      isDoomed = awaited !== undefined && data.includes(awaited);
      gateway.send(data);
    });
    gateway.onMessage((data) => {
      if (!isDoomed) {
        socket.send(data);
        return;
      }
      awaited = undefined;
      breakIt();
    });
  });

  return {
    cut() {
      isCut = true;
      breakIt();
    },
    mend() {
      isCut = false;
    },
    cutBehind(method) {
      awaited = method;
    },
  };
}
