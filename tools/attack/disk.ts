import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, statfsSync } from "node:fs";

/** A file system of its own, in memory, that can be full. */
export interface SmallDisk extends Disposable {
  /** From now on nothing more fits. */
  fill: () => void;
  free: () => void;
}

const roomBytes = 1024 * 1024 * 1024;

/** Mounts one at `path`. Answers undefined where that takes rights that we don't have. */
export function mountSmallDisk(path: string): SmallDisk | undefined {
  mkdirSync(path, { recursive: true });
  if (!run("mount", "-t", "tmpfs", "-o", `size=${roomBytes}`, "tmpfs", path)) return undefined;
  chmodSync(path, 0o700);
  const resize = (bytes: number) => run("mount", "-o", `remount,size=${bytes}`, path);
  const insist = (bytes: () => number) => {
    // What is being written meanwhile can make the size too small: then again.
    for (let attempt = 0; attempt < 50; attempt++) if (resize(bytes())) return;
    throw new Error(`the size of ${path} can't be changed`);
  };
  return {
    fill: () =>
      insist(() => {
        const { blocks, bfree, bsize } = statfsSync(path);
        return (blocks - bfree) * bsize;
      }),
    free: () => insist(() => roomBytes),
    [Symbol.dispose]() {
      run("umount", "-l", path);
    },
  };
}

function run(program: string, ...args: string[]): boolean {
  return spawnSync(program, args, { stdio: "ignore" }).status === 0;
}
