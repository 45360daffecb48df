import { existsSync, watch } from "node:fs";

const quietMs = 150;

/** Calls back with the files that changed in those folders, once they have been quiet a moment. */
export function watchFolders(
  folders: readonly string[],
  onChange: (folder: string, files: readonly string[]) => void,
): Disposable {
  const watchers = folders.filter(existsSync).map((folder) => {
    const changed = new Set<string>();
    let timer: NodeJS.Timeout | undefined;
    const report = () => {
      const files = [...changed].sort();
      changed.clear();
      onChange(folder, files);
    };
    const watcher = watch(folder, { recursive: true }, (_event, file) => {
      if (file === null || !/^(?!.*(^|[\\/])\.).*\.(tsx?|css|html|json|sql|txt)$/.test(file))
        return;
      changed.add(file);
      clearTimeout(timer);
      timer = setTimeout(report, quietMs);
    });
    // What can't be watched is not loaded anew; the rest is.
    watcher.on("error", () => undefined);
    return {
      [Symbol.dispose]: () => {
        clearTimeout(timer);
        watcher.close();
      },
    };
  });
  return {
    [Symbol.dispose]: () => {
      for (const watcher of watchers) watcher[Symbol.dispose]();
    },
  };
}
