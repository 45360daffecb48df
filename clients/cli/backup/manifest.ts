import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { Failure } from "../failure.ts";

const name = z.string().regex(/^[a-z_][a-z0-9_]*$/);
const digits = z.string().regex(/^\d{1,20}$/);

const manifest = z.strictObject({
  /** Of the folder. */
  format: z.literal(1),
  id: z.uuid(),
  /** The version of the contract whose release has made the tables. */
  contract: z.string().regex(/^\d+\.\d+\.\d+$/),
  takenAt: z.iso.datetime(),
  postgres: z.string(),
  /** The migrations that had made each schema. */
  migrations: z.record(name, z.array(z.string())),
  /** In the order in which they can be filled. */
  tables: z.array(
    z.strictObject({
      schema: name,
      name,
      columns: z.array(name).min(1),
      key: z.array(name),
      rows: z.int().min(0),
      /** Of its rows as COPY writes them, unpacked. */
      bytes: z.int().min(0),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
  counters: z.array(z.strictObject({ schema: name, table: name, column: name, last: digits })),
});

/** What a backup holds, and how to know that it is whole. */
export type Manifest = z.infer<typeof manifest>;
export type KeptTable = Manifest["tables"][number];

export const manifestFile = "manifest.json";

export function fileOf({ schema, name }: Pick<KeptTable, "schema" | "name">): string {
  return `${schema}.${name}.copy.gz`;
}

/** It is written last, so that a folder with one is whole. */
export async function writeManifest(folder: string, content: Manifest): Promise<void> {
  const draft = join(folder, `${manifestFile}.new`);
  {
    await using file = await open(draft, "w", 0o600);
    await file.writeFile(`${JSON.stringify(content, null, 2)}\n`);
    await file.sync();
  }
  await rename(draft, join(folder, manifestFile));
  await using directory = await open(folder);
  await directory.sync();
}

/** @throws Failure for a folder that holds no whole backup */
export async function readManifest(folder: string): Promise<Manifest> {
  let text: string;
  try {
    text = await readFile(join(folder, manifestFile), "utf8");
  } catch {
    throw new Failure("refused", `${folder} holds no whole backup: there is no ${manifestFile}`, {
      hint: "a backup that was broken off has none: aether backup begins it anew",
    });
  }
  try {
    return manifest.parse(JSON.parse(text));
  } catch {
    throw new Failure("refused", `${join(folder, manifestFile)} isn't as a backup writes it`);
  }
}
