// Tests of how certificates are read from what a script said.
import { expect, test } from "vitest";
import { certificateOf, expiryOf } from "./certificates";

const data = [
  { key: "subject", table: [{ key: "commonName", text: "www.example.com" }] },
  { key: "issuer", table: [{ key: "commonName", text: "R3" }] },
  {
    key: "extensions",
    table: [
      {
        table: [
          { key: "name", text: "X509v3 Subject Alternative Name" },
          { key: "value", text: "DNS:www.example.com, IP Address:192.0.2.1" },
        ],
      },
    ],
  },
  {
    key: "pubkey",
    table: [
      { key: "type", text: "rsa" },
      { key: "bits", text: "2048" },
    ],
  },
  { key: "sig_algo", text: "sha256WithRSAEncryption" },
  {
    key: "validity",
    table: [
      { key: "notBefore", text: "2026-01-01T00:00:00" },
      { key: "notAfter", text: "2026-11-21T08:00:00+00:00" },
    ],
  },
];

test("a certificate is read as nmap writes it", () => {
  expect(certificateOf(data)).toEqual({
    subject: [["commonName", "www.example.com"]],
    issuer: [["commonName", "R3"]],
    isOwn: false,
    alternatives: ["www.example.com", "192.0.2.1"],
    key: "rsa 2048",
    signature: "sha256WithRSAEncryption",
    from: "2026-01-01T00:00:00Z",
    until: "2026-11-21T08:00:00Z",
  });
  expect(certificateOf([{ key: "pem", text: "…" }])).toBeUndefined();
});

test("what expired or soon will is told", () => {
  const certificate = certificateOf(data);
  const on = (at: string) => certificate && expiryOf(certificate, Date.parse(at))?.says;

  expect(on("2026-05-01T00:00:00Z")).toBe("valid");
  expect(on("2026-11-01T00:00:00Z")).toBe("expires in 20 days");
  expect(on("2026-11-21T00:00:00Z")).toBe("expires today");
  expect(on("2026-12-21T08:00:00Z")).toBe("expired 30 days ago");
  expect(on("2025-12-21T08:00:00Z")).toBe("not valid yet");
});
