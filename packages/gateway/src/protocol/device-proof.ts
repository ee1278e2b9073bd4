import { createHash, createPublicKey, verify } from "node:crypto";
import type { ConnectParams, DeviceProof } from "./connect.ts";

const MAX_SKEW_MS = 120_000;

/** Why a device proof is refused, in the protocol's own codes. */
export type DeviceProofFault =
  | "DEVICE_AUTH_DEVICE_ID_MISMATCH"
  | "DEVICE_AUTH_NONCE_MISMATCH"
  | "DEVICE_AUTH_NONCE_REQUIRED"
  | "DEVICE_AUTH_PUBLIC_KEY_INVALID"
  | "DEVICE_AUTH_SIGNATURE_EXPIRED"
  | "DEVICE_AUTH_SIGNATURE_INVALID";

/** Checks a presented proof against this connection's challenge; `undefined` means that it holds. */
export function checkDeviceProof(
  device: DeviceProof,
  params: ConnectParams,
  challenge: { readonly nonce: string; readonly nowMs: number },
): DeviceProofFault | undefined {
  const { nonce = "" } = device;
  if (nonce.trim() === "") return "DEVICE_AUTH_NONCE_REQUIRED";
  if (nonce !== challenge.nonce) return "DEVICE_AUTH_NONCE_MISMATCH";
  if (Math.abs(challenge.nowMs - device.signedAt) > MAX_SKEW_MS) return "DEVICE_AUTH_SIGNATURE_EXPIRED";
  const rawKey = Buffer.from(device.publicKey, "base64url");
  if (rawKey.length !== 32) return "DEVICE_AUTH_PUBLIC_KEY_INVALID";
  if (createHash("sha256").update(rawKey).digest("hex") !== device.id)
    return "DEVICE_AUTH_DEVICE_ID_MISMATCH";
  const signature = Buffer.from(device.signature, "base64url");
  const jwk = { kty: "OKP", crv: "Ed25519", x: rawKey.toString("base64url") };
  const key = createPublicKey({ key: jwk, format: "jwk" });
  const payloads = [payloadV3(device, params), payloadV2(device, params)];
  const holds = payloads.some((payload) => verify(null, Buffer.from(payload), key, signature));
  return holds ? undefined : "DEVICE_AUTH_SIGNATURE_INVALID";
}

function payloadV2(device: DeviceProof, params: ConnectParams): string {
  return signedFields("v2", device, params).join("|");
}

function payloadV3(device: DeviceProof, params: ConnectParams): string {
  const { platform, deviceFamily = "" } = params.client;
  return [...signedFields("v3", device, params), lowerAscii(platform), lowerAscii(deviceFamily)].join("|");
}

function signedFields(version: string, device: DeviceProof, params: ConnectParams): string[] {
  const { client, role = "operator", scopes = [], auth } = params;
  const token = auth?.token ?? auth?.deviceToken ?? "";
  return [
    version,
    device.id,
    client.id,
    client.mode,
    role,
    scopes.join(","),
    String(device.signedAt),
    token,
    device.nonce ?? "",
  ];
}

function lowerAscii(text: string): string {
  return text.trim().replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
