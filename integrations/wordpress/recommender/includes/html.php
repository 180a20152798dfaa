<?php
/**
 * The HTML of a list: the markup of the program's own block, for the same style sheet.
 *
 * Invariant: every text and every address is escaped. Nothing runs a query.
 *
 * @package Recommender
 */

namespace Recommender;

defined( 'ABSPATH' ) || exit;

const TEASER_WORDS = 20;
const MARKED_WORDS = '#<(b|cite|code|em|i|q|strong|sub|sup)>([^<]*)</\1>#';
const INVISIBLE    = '/[\x{00}-\x{1F}\x{7F}-\x{9F}\x{200E}\x{200F}\x{202A}-\x{202E}\x{2066}-\x{2069}\x{FEFF}]/u';

/**
 * Returns the list of a post as HTML.
 *
 * @param int    $post_id The post.
 * @param int    $count   At most so many cards.
 * @param string $heading The heading; empty: "You may also like" in the language of the post.
 * @return string Empty if there is nothing to show.
 */
function list_html( $post_id, $count, $heading ) {
	$cards = array_filter( array_map( __NAMESPACE__ . '\card_html', shown_entries( $post_id, $count ) ) );
	if ( ! $cards ) {
		return '';
	}
	$heading = '' === $heading ? heading_in( language_tag_of( $post_id ) ) : $heading;
	$id      = wp_unique_id( 'recommender-heading-' );
	return '<nav class="recommender" aria-labelledby="' . esc_attr( $id ) . '" data-pagefind-ignore="all"'
		. ' data-recommender-list="' . (int) $post_id . "\">\n"
		. '<h2 id="' . esc_attr( $id ) . '">' . text_html( $heading ) . "</h2>\n"
		. "<ul>\n" . implode( "\n", $cards ) . "\n</ul>\n</nav>\n";
}

/**
 * Returns a card.
 *
 * @param array $entry From shown_entries.
 * @return string Empty for a post without a title: its link would have no text.
 */
function card_html( $entry ) {
	$post   = $entry['post'];
	$title  = title_html( get_the_title( $post ) );
	$code   = esc_attr( $entry['language'] );
	$teaser = teaser_of( $entry );
	if ( '' === $title ) {
		return '';
	}
	return '<li' . ( $code ? " lang=\"$code\"" : '' ) . '>'
		. '<a href="' . esc_url( get_permalink( $post ) ) . '"' . ( $code ? " hreflang=\"$code\"" : '' ) . '>'
		. $title . '</a>'
		. ( '' === $teaser ? '' : '<p>' . text_html( $teaser ) . '</p>' )
		. '<time datetime="' . esc_attr( get_the_date( 'Y-m-d', $post ) ) . '">'
		. text_html( get_the_date( '', $post ) ) . '</time></li>';
}

/**
 * Escapes a text, its square brackets too: themes and plug-ins look for shortcodes in finished content.
 *
 * @param string $text The text.
 * @return string
 */
function text_html( $text ) {
	return str_replace( '[', '&#91;', esc_html( $text ) );
}

/**
 * Escapes a title, but for the plain markup of words that titles often contain, such as <em>.
 *
 * @param string $title As WordPress gives it.
 * @return string
 */
function title_html( $title ) {
	$marked = preg_replace( MARKED_WORDS, "\x01$1\x02$2\x01/$1\x02", one_line( $title ) );
	return strtr(
		text_html( $marked ),
		array(
			"\x01" => '<', // No other can be there: one_line removes control characters.
			"\x02" => '>',
		)
	);
}

/**
 * Returns the teaser of a card: that of the list, or if the post was changed after the list was
 * written, the first words of its excerpt or text.
 *
 * @param array $entry From shown_entries.
 * @return string
 */
function teaser_of( $entry ) {
	$post    = $entry['post'];
	$changed = strtotime( $post->post_modified_gmt . ' UTC' ) >= lists_time();
	if ( '' !== $entry['teaser'] && ! $changed ) {
		return one_line( $entry['teaser'] );
	}
	$text = $post->post_excerpt;
	if ( '' === trim( $text ) ) {
		$text = preg_replace( '#<figure\b.*?</figure>#is', ' ', strip_shortcodes( $post->post_content ) );
	}
	return one_line( html_entity_decode( wp_trim_words( (string) $text, TEASER_WORDS, ' …' ), ENT_QUOTES, 'UTF-8' ) );
}

/**
 * Returns a text on one line, without control and direction characters.
 *
 * @param string $text The text.
 * @return string
 */
function one_line( $text ) {
	$spaced = preg_replace( '/\s+/u', ' ', wp_check_invalid_utf8( $text ) );
	return trim( (string) preg_replace( INVISIBLE, '', (string) $spaced ) );
}
