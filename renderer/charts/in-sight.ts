/** Whether an element is in sight, or near enough to be scrolled to at once. */
import { useEffect, useState, type RefObject } from "react";

export function useInSight(target: RefObject<Element | null>): boolean {
  const [isInSight, setInSight] = useState(false);
  useEffect(() => {
    const observer = new IntersectionObserver(
      (entries) => setInSight(entries.at(-1)!.isIntersecting),
      { rootMargin: "100px" },
    );
    observer.observe(target.current!);
    return () => observer.disconnect();
  }, [target]);
  return isInSight;
}
