<?php
/**
 * Installs WordPress in the empty database, with the plug-in, a theme and permanent links.
 *
 * Usage: php install.php DIRECTORY
 */

define( 'WP_INSTALLING', true );
require $argv[1] . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
require_once ABSPATH . 'wp-admin/includes/plugin.php';

wp_install( 'The Calder Bay Courier', 'admin', 'admin@example.org', true, '', 'rye-and-oats' );
wp_delete_post( 1, true );
wp_delete_post( 2, true );
wp_delete_post( 3, true );
update_option( 'permalink_structure', '/%year%/%monthnum%/%postname%/' );
$wp_rewrite->init();
$wp_rewrite->flush_rules( false );
update_user_meta( 1, 'wp_persisted_preferences', array( 'core/edit-post' => array( 'welcomeGuide' => false ), '_modified' => '2030-01-01T00:00:00Z' ) );
update_user_meta( 1, 'show_welcome_panel', 0 );
foreach ( array( 'author', 'subscriber' ) as $role ) {
	wp_insert_user(
		array(
			'user_login' => $role,
			'user_pass'  => 'rye-and-oats',
			'user_email' => "$role@example.org",
			'role'       => $role,
		)
	);
}
$failed = activate_plugin( 'recommender/recommender.php' );
echo is_wp_error( $failed ) ? $failed->get_error_message() : 'installed';
