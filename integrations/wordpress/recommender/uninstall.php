<?php
/**
 * Removes everything that the plug-in and the program recommender left in this WordPress.
 *
 * @package Recommender
 */

namespace Recommender;

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

/**
 * Removes the option, the choices of editors and the directory of the lists file of one site.
 */
function remove_from_site() {
	delete_option( 'recommender' );
	delete_post_meta_by_key( '_recommender_pins' );
	delete_post_meta_by_key( '_recommender_bans' );
	$folder = wp_get_upload_dir()['basedir'] . '/recommender';
	if ( is_link( $folder ) || ! is_dir( $folder ) ) {
		return; // What a link leads to is not ours.
	}
	foreach ( array_diff( scandir( $folder ), array( '.', '..' ) ) as $name ) {
		if ( is_link( "$folder/$name" ) || is_file( "$folder/$name" ) ) {
			unlink( "$folder/$name" );
		}
	}
	if ( 2 === count( scandir( $folder ) ) ) {
		rmdir( $folder );
	}
}

if ( is_multisite() ) {
	$recommender_sites = get_sites(
		array(
			'fields' => 'ids',
			'number' => 0,
		)
	);
	foreach ( $recommender_sites as $recommender_site ) {
		switch_to_blog( $recommender_site );
		remove_from_site();
		restore_current_blog();
	}
} else {
	remove_from_site();
}
