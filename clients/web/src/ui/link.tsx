import type { ComponentProps, MouseEvent } from "react";
import { navigate } from "../router.ts";

/** A link within the application: no page is loaded, unless it is to open elsewhere. */
export function Link({ href, onClick, ...props }: ComponentProps<"a"> & { href: string }) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    const isElsewhere = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (event.defaultPrevented || event.button !== 0 || isElsewhere) return;
    event.preventDefault();
    navigate(href);
  };
  return <a {...props} href={href} onClick={follow} />;
}
