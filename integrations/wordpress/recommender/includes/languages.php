<?php
/**
 * The languages of posts, where Polylang or WPML is active, and of headings.
 *
 * @package Recommender
 */

namespace Recommender;

defined( 'ABSPATH' ) || exit;

/**
 * Returns the language of a post.
 *
 * @param int $post_id The post.
 * @return string A code such as "de"; empty without Polylang and WPML, and for a post without a language.
 */
function language_of( $post_id ) {
	if ( function_exists( 'pll_get_post_language' ) ) {
		return (string) pll_get_post_language( $post_id );
	}
	if ( defined( 'ICL_SITEPRESS_VERSION' ) ) {
		$details = apply_filters( 'wpml_post_language_details', null, $post_id ); // A hook of WPML.
		return is_array( $details ) && isset( $details['language_code'] ) ? (string) $details['language_code'] : '';
	}
	return '';
}

/**
 * Returns the heading of a list in a language; in English if the language is unknown.
 *
 * @param string $language A code such as "de" or "pt_BR"; empty for the language of the site.
 * @return string
 */
function heading_in( $language ) {
	$known = json_decode( (string) file_get_contents( dirname( __DIR__ ) . '/headings.json' ), true );
	$parts = explode( '-', strtolower( str_replace( '_', '-', $language ? $language : get_locale() ) ) );
	while ( $parts ) {
		$name = implode( '-', $parts );
		if ( isset( $known[ $name ] ) ) {
			return $known[ $name ];
		}
		array_pop( $parts );
	}
	return $known['en'];
}
