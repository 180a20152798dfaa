<?php
/**
 * What editors chose: posts that a list shows first (pins) or does not show (bans).
 *
 * They are two post metas, each with ids of posts such as "12,34". The next run of the program
 * recommender reads them, with an application password by REST too; pages obey them at once.
 *
 * @package Recommender
 */

namespace Recommender;

defined( 'ABSPATH' ) || exit;

const PINS = '_recommender_pins';
const BANS = '_recommender_bans';

/**
 * Registers the two metas. Only who may edit a post reads them by REST.
 */
function register_choices() {
	foreach ( array( PINS, BANS ) as $name ) {
		register_post_meta(
			'',
			$name,
			array(
				'type'              => 'string',
				'single'            => true,
				'default'           => '',
				'sanitize_callback' => __NAMESPACE__ . '\clean_ids',
				'auth_callback'     => __NAMESPACE__ . '\may_choose',
				'show_in_rest'      => array(
					'schema' => array(
						'type'    => 'string',
						'context' => array( 'edit' ),
					),
				),
			)
		);
	}
}

/**
 * Tells whether a user may choose for a post.
 *
 * @param bool   $allowed Not used.
 * @param string $name    Not used.
 * @param int    $post_id The post.
 * @param int    $user_id The user.
 * @return bool
 */
function may_choose( $allowed, $name, $post_id, $user_id ) {
	return user_can( $user_id, 'edit_post', $post_id );
}

/**
 * Returns ids with commas.
 *
 * @param mixed $ids A string, or an array of ids.
 * @return string Such as "12,34": each id once; what is not a whole number above 0 is left out.
 */
function clean_ids( $ids ) {
	$text  = is_array( $ids ) ? implode( ',', array_filter( $ids, 'is_scalar' ) ) : ( is_scalar( $ids ) ? (string) $ids : '' );
	$whole = preg_grep( '/^[1-9]\d{0,17}$/D', preg_split( '/[\s,]+/', $text ) );
	return implode( ',', array_slice( array_unique( $whole ), 0, MAX_ENTRIES ) );
}

/**
 * Returns the choices for a post.
 *
 * @param int    $post_id The post.
 * @param string $name    PINS or BANS.
 * @return int[] Ids in the order of the editor.
 */
function choices_of( $post_id, $name ) {
	$stored = clean_ids( get_post_meta( $post_id, $name, true ) );
	return '' === $stored ? array() : array_map( 'intval', explode( ',', $stored ) );
}

/**
 * Stores the choices for a post.
 *
 * @param int    $post_id The post.
 * @param string $name    PINS or BANS.
 * @param int[]  $ids     The posts; none removes the meta.
 */
function store_choices( $post_id, $name, $ids ) {
	if ( $ids ) {
		update_post_meta( $post_id, $name, clean_ids( $ids ) );
	} else {
		delete_post_meta( $post_id, $name );
	}
}
