import { type Connection } from "./gateway-socket.ts";
import { PassingButton } from "./passing-button.tsx";

interface ConnectionPillProps {
  readonly connection: Connection;
  readonly onRetry: () => void;
}

/** Says whether the gateway can be reached, and offers to try at once when it cannot. */
export function ConnectionPill({ connection, onRetry }: ConnectionPillProps) {
  const needsToken = connection.kind === "refused" && connection.needsToken;
  const canRetry = (connection.kind === "offline" || connection.kind === "refused") && !needsToken;
  return (
    <div className="connection">
      <p className={`pill is-${connection.kind}`} role="status" title={reasonOf(connection)}>
        {needsToken ? "Token needed" : WORDS[connection.kind]}
      </p>
      {canRetry && (
        <PassingButton className="quiet-button" onClick={onRetry}>
          Try now
        </PassingButton>
      )}
    </div>
  );
}

const WORDS: Readonly<Record<Connection["kind"], string>> = {
  connecting: "Connecting",
  online: "Online",
  offline: "Offline, reconnecting",
  refused: "Not let in",
  "held-off": "Not let in yet",
};

function reasonOf(connection: Connection): string | undefined {
  return "reason" in connection ? connection.reason : undefined;
}
