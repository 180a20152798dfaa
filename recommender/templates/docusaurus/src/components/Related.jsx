// The related articles of a page: <Related id={…} /> with the name under which its list stands.
// Docusaurus: lists of `recommender build blog -o src/related.json`, named by the file's path.
// Next: lists of `recommender build posts -f astro -o src/related.json`, named by the slug.
import React from "react";
import related from "../related.json";
import "../css/related.css";

export default function Related({ id, heading = "You may also like" }) {
  const cards = (related.lists[id] ?? []).filter((card) => card.url);
  if (cards.length === 0) return null;
  return (
    <nav className="recommender" aria-labelledby="recommender-heading" data-pagefind-ignore="all">
      <h2 id="recommender-heading">{heading}</h2>
      <ul>
        {cards.map((card) => (
          <li key={card.id}>
            {card.image && <img src={card.image} alt="" loading="lazy" />}
            <a href={card.url}>{card.title}</a>
            {card.teaser && <p>{card.teaser}</p>}
            {card.date && <time>{card.date.slice(0, 10)}</time>}
          </li>
        ))}
      </ul>
    </nav>
  );
}
