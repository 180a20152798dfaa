<?php
/**
 * Plugin Name:       Recommender
 * Description:       Related articles under each post, from lists that the command line program recommender writes.
 * Version:           1.0.0
 * Requires at least: 6.1
 * Requires PHP:      7.4
 * Author:            The recommender authors
 * License:           BSD-3-Clause
 * Text Domain:       recommender
 *
 * This file loads the others and connects them to WordPress; each of them has one job.
 *
 * @package Recommender
 */

namespace Recommender;

defined( 'ABSPATH' ) || exit;

const VERSION = '1.0.0';

require __DIR__ . '/includes/settings.php';
require __DIR__ . '/includes/lists.php';
require __DIR__ . '/includes/choices.php';
require __DIR__ . '/includes/languages.php';
require __DIR__ . '/includes/posts.php';
require __DIR__ . '/includes/html.php';
require __DIR__ . '/includes/places.php';

register_activation_hook( __FILE__, __NAMESPACE__ . '\add_defaults' );
add_action( 'init', __NAMESPACE__ . '\register_choices' );
add_action( 'init', __NAMESPACE__ . '\register_style' );
add_action( 'init', __NAMESPACE__ . '\register_block' );
add_shortcode( 'recommender', __NAMESPACE__ . '\shortcode' );
add_filter( 'the_content', __NAMESPACE__ . '\after_content', 20 ); // After shortcodes, which are at 11.

if ( is_admin() ) {
	require __DIR__ . '/includes/box.php';
	require __DIR__ . '/includes/settings-page.php';
	add_action( 'add_meta_boxes', __NAMESPACE__ . '\add_box' );
	add_action( 'save_post', __NAMESPACE__ . '\save_box' );
	add_action( 'admin_init', __NAMESPACE__ . '\register_settings' );
	add_action( 'admin_menu', __NAMESPACE__ . '\add_settings_page' );
	add_filter( 'plugin_action_links_' . plugin_basename( __FILE__ ), __NAMESPACE__ . '\settings_link' );
}
