import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import { ChatClient } from "./chat-client.ts";
import { keptToken, sessionKeyInAddress, takeTokenFromAddress } from "./page-address.ts";

takeTokenFromAddress();

// The page talks to the gateway that served it and to nothing else: no address can be given to it.
const gateway = new URL("/", location.href);
gateway.protocol = location.protocol === "https:" ? "wss:" : "ws:";

const client = new ChatClient({ url: gateway.href, sessionKey: sessionKeyInAddress(), token: keptToken });
client.connect();

addEventListener("hashchange", () => {
  takeTokenFromAddress();
  client.open(sessionKeyInAddress());
});
addEventListener("online", () => client.connect());
addEventListener("beforeunload", (leaving) => {
  if (client.isNeeded) leaving.preventDefault(); // the browser asks whether to leave
});

const page = document.getElementById("page");
if (page === null) throw new Error("index.html has no element with the id page to draw into.");
createRoot(page).render(
  <StrictMode>
    <App client={client} />
  </StrictMode>,
);
