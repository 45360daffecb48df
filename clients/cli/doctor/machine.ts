import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { isIP } from "node:net";
import { connect, type PeerCertificate } from "node:tls";
import { StartError } from "#common/lifecycle.ts";
import { checkAccess, checkFolder } from "#tools/platform/data-dir.ts";
import type { Target } from "../operator/target.ts";
import { type Finding, ok, problem, reasonOf, warning } from "./finding.ts";

const mebibyte = 1024 * 1024;
const fewBytes = 1024 * mebibyte;
const fewestBytes = 100 * mebibyte;

/** The folder of the data: whose it is, and what still fits. */
export async function checkDataDir({ dataDir, isEmbedded }: Target): Promise<Finding[]> {
  const about = "data folder";
  if (!existsSync(dataDir)) {
    // Where everything is set there may be nothing to keep.
    if (!isEmbedded) return [];
    return [warning(about, `${dataDir} isn't there yet`, "npm start makes it, or set DATA_DIR")];
  }
  return [ownership(about, dataDir), await disk(dataDir)];
}

function ownership(about: string, dataDir: string): Finding {
  try {
    checkAccess(dataDir);
    checkFolder(dataDir, `DATA_DIR ${dataDir}`, "set DATA_DIR to another folder");
    return ok(about, `${dataDir} is this user's alone`);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    const [text = "", todo = ""] = error.message.split("; ");
    return problem(about, text, todo);
  }
}

async function disk(dataDir: string): Promise<Finding> {
  const about = "disk";
  const { bavail, bsize, files, ffree } = await statfs(dataDir);
  const free = bavail * bsize;
  const text = `${Math.floor(free / mebibyte).toLocaleString("en")} MiB are free in ${dataDir}`;
  const todo = "make room, or move DATA_DIR to a larger disk: a full one stops all writing";
  if (free < fewestBytes) return problem(about, text, todo);
  if (files > 0 && ffree < 1_000) return problem(about, `${ffree} more files fit`, todo);
  return free < fewBytes ? warning(about, text, todo) : ok(about, text);
}

const dayMs = 24 * 60 * 60 * 1000;
const soonDays = 14;
const timeoutMs = 3_000;

/** The certificates of the origins that browsers come from and go to. */
export function checkOrigins({ clientOrigins, publicOrigin }: Target): Promise<Finding[]>[] {
  const origins = new Set([...clientOrigins, ...(publicOrigin ? [publicOrigin] : [])]);
  return [...origins].filter((it) => it.startsWith("https:")).map(checkCertificate);
}

async function checkCertificate(origin: string): Promise<Finding[]> {
  const about = `certificate of ${origin}`;
  try {
    const { subject, valid_to: end } = await certificateOf(origin);
    const days = Math.floor((Date.parse(end) - Date.now()) / dayMs);
    const text = `${subject?.CN ?? "it"} is good for ${days} days more`;
    if (days >= soonDays) return [ok(about, text)];
    return [warning(about, text, "renew it: see what was to do so by itself")];
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === "CERT_HAS_EXPIRED") {
      return [problem(about, "has expired", "renew it, and see what was to do so by itself")];
    }
    const isCertificate = /CERT|ALTNAME|SIGNATURE|^UNABLE_TO_/.test(reason);
    return [
      isCertificate
        ? problem(
            about,
            `isn't trusted (${reason})`,
            "install one of a known authority for this name, with its chain",
          )
        : problem(
            about,
            `${origin} can't be reached (${reason})`,
            "check the name in CLIENT_ORIGINS and PUBLIC_ORIGIN, DNS and the proxy",
          ),
    ];
  }
}

function certificateOf(origin: string): Promise<PeerCertificate> {
  const { hostname, port } = new URL(origin);
  const host = hostname.replace(/^\[|\]$/g, "");
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port: Number(port) || 443,
      // No name is sent to an address; the certificate has to have it all the same.
      servername: isIP(host) === 0 ? host : "",
    });
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error("no answer")));
    socket.once("error", reject);
    socket.once("secureConnect", () => {
      resolve(socket.getPeerCertificate());
      socket.end();
    });
  });
}
