<?php
/**
 * The posts that a list shows now: those of the file, after the editor's choices, that the public may see.
 *
 * Invariant: all of them are loaded by one query, and what their links need by at most one more of each kind.
 *
 * @package Recommender
 */

namespace Recommender;

defined( 'ABSPATH' ) || exit;

/**
 * Returns the entries that the page of a post shows, best first.
 *
 * @param int $post_id The post.
 * @param int $count   At most so many.
 * @return array[] Entries as in the file, with the post as "post" and, if it is in another language, "language".
 */
function shown_entries( $post_id, $count ) {
	$list = list_of( $post_id );
	if ( null === $list ) {
		return array();
	}
	$pins = choices_of( $post_id, PINS );
	$ids  = array_unique( array_merge( $pins, array_keys( $list ) ) );
	$ids  = array_diff( $ids, choices_of( $post_id, BANS ), array( $post_id ) );
	prime( $ids );
	$own   = language_of( $post_id );
	$shown = array();
	foreach ( $ids as $id ) {
		$post     = get_post( $id );
		$language = $post ? language_of( $id ) : '';
		$foreign  = $own && $language && $own !== $language;
		if ( count( $shown ) < $count && is_visible( $post ) && ( ! $foreign || in_array( $id, $pins, true ) ) ) {
			$entry   = isset( $list[ $id ] ) ? $list[ $id ] : array( 'teaser' => '' );
			$shown[] = array(
				'post'     => $post,
				'language' => $foreign ? language_tag_of( $id ) : '',
			) + $entry;
		}
	}
	return $shown;
}

/**
 * Tells whether everyone may read a post.
 *
 * @param \WP_Post|null $post The post, if there is one.
 * @return bool
 */
function is_visible( $post ) {
	$public = $post
		&& 'publish' === $post->post_status
		&& '' === $post->post_password
		&& is_post_type_viewable( $post->post_type );

	/**
	 * Filters whether lists show a post, for plug-ins that hide posts from some readers.
	 *
	 * @param bool     $visible True.
	 * @param \WP_Post $post    The post.
	 */
	return $public && apply_filters( 'recommender_is_visible', true, $post );
}

/**
 * Loads posts, and what their addresses and languages need, into the cache.
 *
 * @param int[] $ids The posts.
 */
function prime( $ids ) {
	$form  = (string) get_option( 'permalink_structure' );
	$terms = false !== strpos( $form, '%category%' ) || function_exists( 'pll_get_post_language' );
	_prime_post_caches( $ids, $terms, false );
	$posts = array_filter( array_map( 'get_post', $ids ) );
	if ( false !== strpos( $form, '%author%' ) ) {
		cache_users( array_map( 'intval', wp_list_pluck( $posts, 'post_author' ) ) );
	}
	$parents = array_filter( wp_list_pluck( $posts, 'post_parent' ) );
	for ( $level = 0; $parents && $level < 9; $level++ ) {
		_prime_post_caches( $parents, false, false );
		$parents = array_filter( wp_list_pluck( array_filter( array_map( 'get_post', $parents ) ), 'post_parent' ) );
	}
}
