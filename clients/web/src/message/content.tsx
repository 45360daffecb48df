import { memo } from "react";
import { type Piece, piecesOf } from "./pieces.ts";
import "./content.css";

interface ContentProps {
  content: string;
  /** Of the members, to tell a mention from any other word. */
  usernames: ReadonlySet<string>;
  myUsername: string;
}

/** What somebody has written, as text: nothing of it is taken for markup. */
export const Content = memo(function Content({ content, usernames, myUsername }: ContentProps) {
  const isLarge = /^(\p{RGI_Emoji}\s*){1,6}$/v.test(content);
  return (
    <div className={`content${isLarge ? " is-large" : ""}`} dir="auto">
      {piecesOf(content, usernames).map((piece) => (
        <PieceView key={piece.at} piece={piece} myUsername={myUsername} />
      ))}
    </div>
  );
});

function PieceView({ piece, myUsername }: { piece: Piece; myUsername: string }) {
  switch (piece.kind) {
    case "text":
      return piece.text;
    case "link":
      return (
        <bdi>
          <a href={piece.href} target="_blank" rel="noopener noreferrer nofollow" className="link">
            {piece.text}
          </a>
        </bdi>
      );
    case "mention": {
      const isMe = piece.username === null || piece.username === myUsername;
      return <bdi className={`mention${isMe ? " is-me" : ""}`}>{piece.text}</bdi>;
    }
  }
}
