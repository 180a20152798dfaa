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
 * @return string The code that the owner of the site chose; empty without Polylang and WPML, and for a post without a language.
 */
function language_of( $post_id ) {
	if ( function_exists( 'pll_get_post_language' ) ) {
		return (string) pll_get_post_language( $post_id );
	}
	return detail_of( $post_id, 'language_code' );
}

/**
 * Returns the language of a post as a tag for HTML: a code may be that of a country, such as "cn".
 *
 * @param int $post_id The post.
 * @return string A tag such as "zh-CN"; empty where language_of is.
 */
function language_tag_of( $post_id ) {
	if ( function_exists( 'pll_get_post_language' ) ) {
		$locale = (string) pll_get_post_language( $post_id, 'locale' );
	} else {
		$locale = detail_of( $post_id, 'locale' );
	}
	return str_replace( '_', '-', $locale ? $locale : language_of( $post_id ) );
}

/**
 * Returns what WPML tells about the language of a post.
 *
 * @param int    $post_id The post.
 * @param string $name    Name of the detail.
 * @return string Empty without WPML.
 */
function detail_of( $post_id, $name ) {
	if ( ! defined( 'ICL_SITEPRESS_VERSION' ) ) {
		return '';
	}
	$details = apply_filters( 'wpml_post_language_details', null, $post_id ); // A hook of WPML.
	return is_array( $details ) && isset( $details[ $name ] ) ? (string) $details[ $name ] : '';
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
