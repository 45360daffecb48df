import "./skeletons.css";

/** The outlines of lines that are on their way. */
export function Skeletons({ label, count }: { label: string; count: number }) {
  const lines = Array.from({ length: count }, (_, i) => i);
  return (
    <div className="skeletons" role="status" aria-label={label}>
      {lines.map((line) => (
        <span key={line} className="skeleton" />
      ))}
    </div>
  );
}
