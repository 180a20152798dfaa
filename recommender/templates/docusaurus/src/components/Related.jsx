// The related articles of a page: <Related id={metadata.source.replace("@site/", "")} />
// Lists: src/related.json, from `recommender build -f docusaurus`, named by the file's path in the site.
import React from "react";
import Link from "@docusaurus/Link";
import { useBaseUrlUtils } from "@docusaurus/useBaseUrl";
import related from "../related.json";
import "../css/related.css";

export default function Related({ id, heading }) {
  const { withBaseUrl } = useBaseUrlUtils();
  const cards = (related.lists[id] ?? []).filter((card) => card.url);
  if (cards.length === 0) return null;
  return (
    <nav className="recommender" data-recommender-list={id} aria-labelledby="recommender-heading" data-pagefind-ignore="all">
      <h2 id="recommender-heading">{heading ?? cards[0].heading}</h2>
      <ul>
        {cards.map((card) => (
          <li key={card.id}>
            {card.image && <img src={withBaseUrl(card.image)} alt="" loading="lazy" />}
            <Link to={card.url}>{card.title}</Link>
            {card.teaser && <p>{card.teaser}</p>}
            {card.reason && <p><small>{card.reason}</small></p>}
            {card.date && <time dateTime={card.date.slice(0, 10)}>{card.day_shown}</time>}
          </li>
        ))}
      </ul>
    </nav>
  );
}
